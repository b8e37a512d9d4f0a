"""河岸精工 (Riverbank Precision): an ERP, a CRM and an MES, all made from one seed.

Each system is what its kind is in real life: the ERP is a database whose types nobody
enforced, the CRM an API that limits, expires and fails, the MES a folder of files in the
encoding of the machine that wrote them. They name the same material `MAT-0042`, `42` and
`４２`. Nothing here imports the platform: the company does not know that it will be joined.
"""

from landbridge.demo.company.company import Company, Marks
from landbridge.demo.company.crm import CrmServer, CrmStatistics, Temper
from landbridge.demo.company.crm_records import CrmRecords
from landbridge.demo.company.scale import FIRST_DAY, Scale

__all__ = [
    "FIRST_DAY",
    "Company",
    "CrmRecords",
    "CrmServer",
    "CrmStatistics",
    "Marks",
    "Scale",
    "Temper",
]
